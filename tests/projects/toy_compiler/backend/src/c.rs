//! C of instructions: each function keeps its operands in an array.

use fnv::FnvHashMap;

pub fn generate(text: &str) -> String {
    let mut numbers = itoa::Buffer::new();
    let mut names: FnvHashMap<&str, usize> = FnvHashMap::default();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("func ") {
            let next = names.len();
            names.insert(rest.split(' ').next().unwrap_or(rest), next);
        }
    }
    let mut name = |of: &str| format!("f{}", numbers.format(names[of]));
    let mut declared = String::from(
        "#include <stdint.h>\n\
         void toy_print(int64_t);\nvoid toy_exit(int64_t);\n\
         int64_t toy_floordiv(int64_t, int64_t);\nint64_t toy_mod(int64_t, int64_t);\n",
    );
    let mut body = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[0] {
            "func" => {
                let head = format!("static int64_t {}(int64_t *a)", name(words[1]));
                declared += &format!("{head};\n");
                body += &format!(
                    "{head} {{ int64_t v[{}], s[64]; int p = 0;\n\
                     for (int i = 0; i < {}; i++) v[i] = a[i];\n",
                    words[3].parse::<usize>().unwrap_or(0).max(1),
                    words[2]
                );
            }
            "end" => body += "}\n",
            "const" => body += &format!("s[p++] = {}LL;\n", words[1]),
            "load" => body += &format!("s[p++] = v[{}];\n", words[1]),
            "store" => body += &format!("v[{}] = s[--p];\n", words[1]),
            "label" => body += &format!("l{}:;\n", words[1]),
            "jump" => body += &format!("goto l{};\n", words[1]),
            "jumpz" => body += &format!("if (!s[--p]) goto l{};\n", words[1]),
            "call" => {
                body += &format!("p -= {0}; s[p] = {1}(s + p); p++;\n", words[2], name(words[1]))
            }
            "print" => body += "toy_print(s[p - 1]);\n",
            "exit" => body += "toy_exit(s[--p]);\n",
            "drop" => body += "p--;\n",
            "return" => body += "return s[--p];\n",
            "floordiv" | "mod" => {
                body += &format!("p--; s[p - 1] = toy_{}(s[p - 1], s[p]);\n", words[0])
            }
            "start" => {
                body += &format!("int main(void) {{ int64_t a[1]; {}(a); return 0; }}\n", name(words[1]))
            }
            word => {
                let sign = match word {
                    "add" => "+",
                    "sub" => "-",
                    "mul" => "*",
                    "lt" => "<",
                    "le" => "<=",
                    "gt" => ">",
                    "ge" => ">=",
                    "eq" => "==",
                    _ => "!=",
                };
                body += &format!("p--; s[p - 1] = s[p - 1] {sign} s[p];\n");
            }
        }
    }
    declared + &body
}
