#include "check/elf_file.hpp"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "check_fixture.hpp"
#include "file_mutations.hpp"
#include "prx/plugin.h"

namespace prx::check {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

Result<ElfFile> read(const std::string& bytes) { return read_elf(std::as_bytes(std::span(bytes))); }

std::string honest() { return bytes_of(mutant_file("honest")); }

TEST(ElfFile, SaysWhatTheLinkerWrote) {
  const auto elf = read(honest());
  ASSERT_TRUE(elf) << elf.error().message;
  EXPECT_THAT(elf->needed, IsSupersetOf({"libstdc++.so.6", "libc.so.6"}));
  EXPECT_THAT(elf->exports, ElementsAre(PRX_QUERY_SYMBOL));
  EXPECT_EQ(elf->note_count, 1u);
  EXPECT_THAT(elf->note, HasSubstr(R"("id": "mutant")"));
  EXPECT_EQ(elf->init_functions, 1u);
  EXPECT_EQ(elf->init_is_usual, true);
  const auto malloc = std::find_if(elf->imports.begin(), elf->imports.end(),
                                   [](const ElfImport& each) { return each.name == "malloc"; });
  ASSERT_NE(malloc, elf->imports.end());
  EXPECT_THAT(malloc->version, ::testing::StartsWith("GLIBC_2."));
  EXPECT_EQ(malloc->library, "libc.so.6");
  EXPECT_FALSE(malloc->is_weak);
  EXPECT_THAT(elf->imports, Contains(Field(&ElfImport::is_weak, true)));
}

TEST(ElfFile, SectionHeadersAreNotNeeded) {
  std::string bytes = honest();
  auto header = mutation::read<Elf64_Ehdr>(bytes, 0);
  header.e_shoff = header.e_shnum = header.e_shstrndx = 0;
  mutation::put(bytes, 0, header);
  const auto elf = read(bytes);
  ASSERT_TRUE(elf) << elf.error().message;
  EXPECT_THAT(elf->exports, ElementsAre(PRX_QUERY_SYMBOL));
  EXPECT_EQ(elf->init_is_usual, std::nullopt);
}

TEST(ElfFile, AFileThatWasCutIsAnErrorOrReadWithinIt) {
  const std::string bytes = honest();
  for (std::size_t size = 0; size < 4'096; ++size)
    EXPECT_FALSE(read(bytes.substr(0, size))) << size;
  for (std::size_t size = 4'096; size < bytes.size(); size += 997)
    (void)read(bytes.substr(0, size));
}

/// Whatever the bytes say, nothing outside of the file is read: the sanitizers watch.
TEST(ElfFile, AnyChangedByteIsReadWithinBounds) {
  const std::string bytes = honest();
  const std::size_t heads = 0x1200;  // headers, notes, symbols, names and versions
  for (std::size_t i = 0; i < heads; i += 3)
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string changed = bytes;
      changed[i] = byte;
      (void)read(changed);
    }
}

TEST(ElfFile, RandomChangesAreReadWithinBounds) {
  const std::string bytes = honest();
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string changed = bytes;
    mutation::change_dynamic(changed,
                             std::array{DT_GNU_HASH, DT_STRTAB, DT_SYMTAB, DT_VERNEED, DT_VERSYM,
                                        DT_STRSZ}[random() % 6],
                             [&](Elf64_Dyn& each) { each.d_un.d_val = random(); });
    for (int i = 0; i < 16; ++i) changed[random() % 8'192] = static_cast<char>(random());
    (void)read(changed);
  }
}

TEST(ElfFile, MoreSymbolsThanAllowedAreRefused) {
  std::string bytes = honest();
  std::uint64_t table = 0;
  const auto as_hash = [&](Elf64_Dyn& each) {
    table = each.d_un.d_ptr;
    each.d_tag = DT_HASH;  // whose second word is their number
  };
  if (!mutation::change_dynamic(bytes, DT_HASH, as_hash))  // a linker makes one of them, or both
    mutation::change_dynamic(bytes, DT_GNU_HASH, as_hash);
  mutation::put(bytes, table + 4, static_cast<std::uint32_t>(kSymbolsMax + 1));
  const auto elf = read(bytes);
  ASSERT_FALSE(elf);
  EXPECT_THAT(elf.error().message, HasSubstr("more than 65536 symbols"));
}

TEST(ElfFile, MoreVersionsThanAllowedAreRefused) {
  std::string bytes = honest();
  std::uint64_t table = 0;
  mutation::change_dynamic(bytes, DT_VERNEED, [&](Elf64_Dyn& each) { table = each.d_un.d_ptr; });
  auto need = mutation::read<Elf64_Verneed>(bytes, table);
  auto version = mutation::read<Elf64_Vernaux>(bytes, table + need.vn_aux);
  need.vn_cnt = kVersionsMax + 1;
  version.vna_next = 0;  // the same one again and again
  mutation::put(bytes, table, need);
  mutation::put(bytes, table + need.vn_aux, version);
  const auto elf = read(bytes);
  ASSERT_FALSE(elf);
  EXPECT_THAT(elf.error().message, HasSubstr("more than 4096 versions"));
}

TEST(ElfFile, WhatIsNoElfFileIsSaidSo) {
  EXPECT_THAT(read("#!/bin/sh\n").error().message, HasSubstr("not an ELF file"));
  EXPECT_THAT(read("").error().message, HasSubstr("not an ELF file"));
}

}  // namespace
}  // namespace prx::check
