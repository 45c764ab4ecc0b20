// SPDX-License-Identifier: Apache-2.0
#include "tool.h"

int main(int argc, char** argv) { return eve::run_tool(eve::make_tool, argc, argv); }
