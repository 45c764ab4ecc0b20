# SPDX-License-Identifier: Apache-2.0
# One file per instruction set, each compiled with its own flags; the rest of the library is the plain baseline.
