module stack/holder

go 1.26.0
