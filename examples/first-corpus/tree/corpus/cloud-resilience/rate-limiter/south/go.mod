module corpus.example/bucket

go 1.21
