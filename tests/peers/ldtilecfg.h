/* SPDX-License-Identifier: Apache-2.0
   For building llama.cpp with g++ 12, whose _tile_loadconfig() names only 8 of the 64 bytes that it reads: stores to
   the others are dropped, and the instruction ends the program. */
#include <immintrin.h>
#define _tile_loadconfig(p) __asm__ volatile("ldtilecfg %0" : : "m"(*(const char(*)[64])(p)))
