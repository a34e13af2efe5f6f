"""json: nested data there and back, sorted keys, hooks, errors with positions."""

import json


def main() -> None:
    data = {"name": "Ünï", "list": [1, 2.5, -0.0, 1e30, True, None], "nested": {"b": {}, "a": []}}
    text = json.dumps(data, sort_keys=True)
    print(text, json.loads(text) == data)
    print(ascii(json.dumps(data, ensure_ascii=False)), json.dumps([], indent=2))
    print(
        json.dumps(data["nested"], indent=2),
        json.dumps({"a": 1, "b": [1, 2]}, separators=(",", ":")),
    )
    print(json.dumps({1: "int", None: "none", True: "bool", 1.5: "float"}), json.dumps('tab\t"q"'))
    pairs = json.loads('{"x": 1, "x": 2}', object_pairs_hook=list)
    print(pairs, json.loads("1.10", parse_float=str), json.loads('"\\u00e9"') == "é")
    for wrong in ('{"a": }', "[1, 2", "nul", '"unterminated'):
        try:
            json.loads(wrong)
        except json.JSONDecodeError as error:
            print("error:", error)
    try:
        json.dumps({1, 2})
    except TypeError as error:
        print("error:", error)


if __name__ == "__main__":
    main()
