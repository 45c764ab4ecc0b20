# SPDX-License-Identifier: Apache-2.0
# Builds the source tree that it lies in.
class Eve < Formula
  desc "Unix tools driven by nano language models"
  url "file://#{File.expand_path("../..", __dir__)}", using: :git
  version "0.1.0"
  license "Apache-2.0"

  depends_on "cli11" => :build
  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "libgit2"
  depends_on "libyaml"
  depends_on :linux
  depends_on "nettle"
  depends_on "openblas"
  depends_on "sentencepiece"
  depends_on "simdjson"
  depends_on "sqlite"
  depends_on "utf8proc"
  depends_on "xxhash"
  depends_on "xz"

  def install
    system "cmake", "-G", "Ninja", "-S", ".", "-B", "build", "-DBUILD_TESTING=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
    Dir["models/*/CARD.md"].each { |card| doc.install card => "#{File.basename(File.dirname(card))}.md" }
  end

  test do
    assert_match "IBAN [IBAN_1]", pipe_output("#{bin}/eve-pii --rules-only", "IBAN DE89370400440532013000\n")
  end
end
