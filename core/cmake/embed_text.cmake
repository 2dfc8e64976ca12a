# A text as a C++ source: cmake -D INPUT=a.toml -D OUTPUT=a.cpp -D NAMESPACE=prx -D FUNCTION=name -P embed_text.cmake
# makes `std::string_view NAMESPACE::FUNCTION()` of a file. With a folder as INPUT and -D FILES=a,b/c it makes
# `std::span<const std::pair<std::string_view, std::string_view>> NAMESPACE::FUNCTION()`: the files' paths within that
# folder, and their texts. A text may hold anything but the end mark below, and has at most 64 KiB.
function(prx_literal file out)
  file(READ "${file}" text)
  string(FIND "${text}" ")prx-text\"" end_mark)
  if(NOT end_mark EQUAL -1)
    message(FATAL_ERROR "${file} holds the mark that ends a text")
  endif()
  file(SIZE "${file}" size)
  if(size GREATER 65536)
    message(FATAL_ERROR "${file} has more than 64 KiB")
  endif()
  set(${out} "R\"prx-text(${text})prx-text\"" PARENT_SCOPE)
endfunction()

get_filename_component(name "${INPUT}" NAME)
if(NOT DEFINED FILES)
  prx_literal("${INPUT}" literal)
  set(includes "#include <string_view>")
  set(type std::string_view)
  set(value "${literal}")
else()
  string(REPLACE "," ";" FILES "${FILES}")
  set(table "")
  foreach(file IN LISTS FILES)
    prx_literal("${INPUT}/${file}" literal)
    string(APPEND table "\n    {\"${file}\", ${literal}},")
  endforeach()
  set(includes "#include <span>\n#include <string_view>\n#include <utility>")
  set(type "std::span<const std::pair<std::string_view, std::string_view>>")
  set(value "kFiles")
  set(constant "  static constexpr std::pair<std::string_view, std::string_view> kFiles[] = {${table}};\n")
endif()
file(WRITE "${OUTPUT}" "// Made of ${name} by the build.
${includes}
namespace ${NAMESPACE} {
${type} ${FUNCTION}();
${type} ${FUNCTION}() {
${constant}  return ${value};
}
}
")
