"""csv: how odd lines are read: quotes in the middle, spaces, blank lines, numbers, strict mode."""

import csv


def read(lines, **options):
    try:
        return list(csv.reader(lines, **options))
    except (csv.Error, ValueError) as error:
        return type(error).__name__


def main():
    print(read(["a,b,c", "", "1,,3", ",", '"",""', " "]), read([]), read([""]))
    print(read(['a"b,c', '"a"b,c', '"a""b"', '"""a"""', '"a" ,b', 'a,"b']))
    print(read(['"a', "b", '"c,d']))
    print(read(["a, b, 'c'", ' "x,y"'], skipinitialspace=True), read(["a, b", ' "x,y"']))
    print(read(['a, "b, c"'], skipinitialspace=True))
    print(read(["1;2,5;x"], delimiter=";"), read(["'a,b',c"], quotechar="'"))
    print(read(["a\\,b,c\\\\"], escapechar="\\"))
    print(read(['"a\\"b"'], escapechar="\\", doublequote=False))
    print(read(['1,"2",x'], quoting=csv.QUOTE_NONE))
    print(read(['1,"2"', '"a",-1.5e3'], quoting=csv.QUOTE_NONNUMERIC))
    print(read(["a,1"], quoting=csv.QUOTE_NONNUMERIC))
    print(read(['"a"b'], strict=True), read(['"open'], strict=True), read(['"a""b"'], strict=True))
    print(read(['"open']), read(["a\0b"]))
    print(read(["a,b\r\n", "c\n", "d\r"]), read(["a\rb"]), read(['"x\r\ny"\r\n']), read(["a\n\nb"]))
    print(read("ab"), read(["\u00e9,\U0001f600"])[0][1] == "\U0001f600")
    reader = csv.reader(iter(['a,"b', 'c",d', "e"]))
    print(next(reader), reader.line_num, next(reader), reader.line_num, next(reader, "end"))
    print(read(["a\tb"], dialect="excel-tab"), read(["a,b"], dialect=csv.excel))
    print(reader.dialect.delimiter, csv.list_dialects())
    for wrong in ([b"bytes"], [5], 5):
        try:
            print(list(csv.reader(wrong)))
        except (csv.Error, TypeError) as error:
            print(type(error).__name__, end=" ")
    limit = csv.field_size_limit(5)
    print(limit, read(["12345,1"]), read(["123456"]), csv.field_size_limit(limit))


if __name__ == "__main__":
    main()
