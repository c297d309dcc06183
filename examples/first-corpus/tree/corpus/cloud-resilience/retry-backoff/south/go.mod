module corpus.example/retry

go 1.21
