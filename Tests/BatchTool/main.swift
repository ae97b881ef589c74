internal import StreamModel

print(RecordBatchHeader.byteCount)
