"""Where modules are found: on ordered roots, the first that has one; each look is noted."""

from pathlib import Path


class Modules:
    def __init__(self, roots: list[Path]) -> None:
        self.roots = roots
        self.looked: dict[Path, str] = {}  # path -> read or absent
        self.texts: dict[str, str] = {}

    def read(self, path: Path) -> str:
        self.looked[path] = "read"
        return path.read_text()

    def find(self, name: str) -> str | None:
        """The text of a module; None where no root has it."""
        if name not in self.texts:
            for root in self.roots:
                for path in (root / name / "__init__.py", root / f"{name}.py"):
                    if path.is_file():
                        self.texts[name] = self.read(path)
                        return self.texts[name]
                    self.looked[path] = "absent"
            return None
        return self.texts[name]
