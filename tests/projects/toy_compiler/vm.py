"""Runs what the backend made for the target `vm`."""

import sys

INFIX = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "lt": lambda a, b: int(a < b),
    "le": lambda a, b: int(a <= b),
    "gt": lambda a, b: int(a > b),
    "ge": lambda a, b: int(a >= b),
    "eq": lambda a, b: int(a == b),
    "ne": lambda a, b: int(a != b),
}


def run(functions, name, arguments):
    parameters, places, code, labels = functions[name]
    slots = arguments + [0] * (places - parameters)
    stack, at = [], 0
    while True:
        word, *operands = code[at]
        at += 1
        if word in INFIX:
            right, left = stack.pop(), stack.pop()
            stack.append(INFIX[word](left, right))
        elif word == "const":
            stack.append(int(operands[0]))
        elif word == "load":
            stack.append(slots[int(operands[0])])
        elif word == "store":
            slots[int(operands[0])] = stack.pop()
        elif word == "jump" or (word == "jumpz" and not stack.pop()):
            at = labels[operands[0]]
        elif word == "call":
            count = int(operands[1])
            given = stack[len(stack) - count :]
            del stack[len(stack) - count :]
            stack.append(run(functions, operands[0], given))
        elif word == "print":
            print(stack[-1])
        elif word == "drop":
            stack.pop()
        elif word == "exit":
            sys.exit(stack.pop())
        elif word == "return":
            return stack.pop()


def main():
    functions, start, current = {}, "", None
    with open(sys.argv[1]) as image:
        if image.readline() != "toy image 1\n":
            sys.exit("no image of the toy compiler")
        for line in image:
            words = line.split()
            if words[0] == "func":
                current = functions[words[1]] = (int(words[2]), int(words[3]), [], {})
            elif words[0] == "label":
                current[3][words[1]] = len(current[2])
            elif words[0] == "start":
                start = words[1]
            elif words[0] != "end":
                current[2].append(words)
    run(functions, start, [])


main()
