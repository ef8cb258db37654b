module storefront

go 1.24
