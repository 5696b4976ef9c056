storage "sqlite" { path = "/var/lib/signet/signet.db" }
listener "tcp" {
  address = "0.0.0.0:8200"   # all
  tls_disable = true
  x_forwarded_for_authorized_addrs = ["10.0.0.0/8", "::1"]
}
/* a block comment */
audit "file" "main" { options { file_path = "stdout" } }
disable_mlock = 1
