"""The language models of this box: what there is to have, what fits, how one comes, and how it goes again."""
