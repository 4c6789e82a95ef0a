"""The exercises of all lessons with their solutions, one module per lesson. No notebook shows them."""

from importlib import import_module
from pkgutil import iter_modules

from mini_gpt.lesson.exercises.exercise import Exercise

LESSONS = [import_module(f"{__name__}.{name}") for _, name, _ in iter_modules(__path__) if name.startswith("lesson_")]
EXERCISES: dict[str, Exercise] = {name: exercise for lesson in LESSONS for name, exercise in lesson.EXERCISES.items()}
