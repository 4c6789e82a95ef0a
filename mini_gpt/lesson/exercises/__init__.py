"""The exercises of all lessons with their solutions, one module per lesson. No notebook shows them."""

from mini_gpt.lesson.exercises import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
)
from mini_gpt.lesson.exercises.exercise import Exercise

LESSONS = [
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
]
EXERCISES: dict[str, Exercise] = {name: exercise for lesson in LESSONS for name, exercise in lesson.EXERCISES.items()}
