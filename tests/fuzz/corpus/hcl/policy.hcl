path "secret/*" {
  capabilities = ["read", "list"]
  allowed_parameters = { "*" = [] }
}
