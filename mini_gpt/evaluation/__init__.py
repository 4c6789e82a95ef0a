"""Zero-shot evaluation on the paper's tasks, from their published files, with the protocol beside the result.

The paper leaves parts of its protocol open (stride, de-tokenizers, stop words), and each of them moves a result by
points. So a result says how it was obtained, and shows the paper's figures for comparison, not as a pass mark.
"""

from mini_gpt.evaluation.results import Result
from mini_gpt.evaluation.tasks import TASKS, evaluate

__all__ = ["TASKS", "Result", "evaluate"]
