module corpus.example/buildorder

go 1.21