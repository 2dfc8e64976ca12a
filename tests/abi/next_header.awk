# awk -v output=FILE -f next_header.awk plugin.h: the header of a minor that does not exist yet. Its number is one higher, and every
# struct that may grow has one field more at its end.
/^#define PRX_ABI_MINOR [0-9]+u$/ {
  print "#define PRX_ABI_MINOR " ($3 + 1) "u" >output
  print "#define PRX_ABI_IS_NEXT 1" >output
  numbered = 1
  next
}
/^(typedef )?struct prx_[a-z_]+ \{/ { grows = 0 }
/^  uint32_t size/ { grows = 1 }
/^\}( prx_[a-z_]+)?;/ && grows {
  print "  uint64_t next;" >output
  grows = 0
  ++count
}
{ print >output }
END {
  if (numbered && count == 18) exit 0
  print "next_header.awk: " count " structs grew, not 18: it no longer reads the header" >"/dev/stderr"
  exit 1
}
