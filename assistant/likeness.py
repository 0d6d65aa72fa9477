"""How alike texts are in meaning: cosines of vectors of length 1.

Not by BLAS: OpenBLAS takes a processor that has AVX2 for one that has FMA, and the process dies of an illegal
instruction where it has not, as on some by VIA and Zhaoxin. A few hundred vectors take no longer in this way.
"""

import numpy
from numpy.typing import NDArray


def likenesses(rows: NDArray[numpy.float32], vector: NDArray[numpy.float32]) -> NDArray[numpy.float32]:
    """The cosine of each row, of shape (count, width), with the vector, of shape (width,); shape (count,)."""
    found: NDArray[numpy.float32] = numpy.einsum("ij,j->i", rows, vector)
    return found
