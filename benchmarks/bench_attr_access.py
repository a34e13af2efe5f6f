"""Instance attributes: reads, writes and in-place updates, directly and through methods."""

PARTICLES = 1_000
STEPS = 900


class Vector:
    x: int
    y: int

    def __init__(self, x: int, y: int) -> None:
        self.x = x
        self.y = y


class Particle:
    position: Vector
    velocity: Vector
    bounces: int

    def __init__(self, position: Vector, velocity: Vector) -> None:
        self.position = position
        self.velocity = velocity
        self.bounces = 0

    def advance(self, width: int) -> None:
        self.position.x += self.velocity.x
        self.position.y += self.velocity.y
        if self.position.x < 0 or self.position.x > width:
            self.velocity.x = -self.velocity.x
            self.bounces += 1
        if self.position.y < 0 or self.position.y > width:
            self.velocity.y = -self.velocity.y
            self.bounces += 1


def energy(particles: list[Particle]) -> int:
    total = 0
    for particle in particles:
        velocity = particle.velocity
        total += velocity.x * velocity.x + velocity.y * velocity.y + particle.bounces
    return total


def main() -> None:
    particles = [
        Particle(Vector(i % 97, i % 89), Vector(i % 7 - 3, i % 11 - 5)) for i in range(PARTICLES)
    ]
    checksum = 0
    for _ in range(STEPS):
        for particle in particles:
            particle.advance(100)
        checksum += energy(particles)
    print(checksum)


if __name__ == "__main__":
    main()
