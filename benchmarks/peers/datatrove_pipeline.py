"""Reads JSON Lines, filters, and writes Parquet with datatrove: the comparable work, without provenance.

python datatrove_pipeline.py INPUT_FOLDER OUTPUT_FOLDER
"""

import sys

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import ParquetWriter

if __name__ == "__main__":
    LocalPipelineExecutor(
        pipeline=[
            JsonlReader(sys.argv[1], text_key="text", id_key="id"),
            LambdaFilter(lambda document: document.metadata["role"] in ("source", "test")),
            ParquetWriter(sys.argv[2], compression="zstd"),
        ],
        tasks=1,
        workers=1,
        logging_dir=f"{sys.argv[2]}-logs",
    ).run()
