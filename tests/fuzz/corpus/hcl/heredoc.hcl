text = <<-EOT
    two
    lines
  EOT
escaped = "a\tb\"c\u00e9\\"
number = -1.5e3
