// SPDX-License-Identifier: Apache-2.0
// DER (X.690) as this folder reads and writes it.
#pragma once

#include "ca/der_reader.hpp"  // IWYU pragma: export
#include "ca/der_writer.hpp"  // IWYU pragma: export
#include "ca/oid.hpp"         // IWYU pragma: export
#include "ca/tag.hpp"         // IWYU pragma: export
