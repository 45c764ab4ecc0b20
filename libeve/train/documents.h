// SPDX-License-Identifier: Apache-2.0
// Text for training: files of documents, packed or not, and their cleaning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eve {

/// Whole content of a file; a name that ends with ".xz" is unpacked. At most 4 GiB. Throws kInput when it is missing,
/// damaged or larger.
std::string read_text(const std::string& path);

/// Documents of a text: parted by lines "<|endoftext|>". Views into `text`; those of white space are left out.
std::vector<std::string_view> split_documents(std::string_view text);

/// The document with line feeds for CR LF, without control characters (tab and line feed stay), without white space at
/// its ends. Empty when it is not valid UTF-8.
std::string clean_document(std::string_view text);

}  // namespace eve
