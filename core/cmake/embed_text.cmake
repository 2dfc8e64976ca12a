# cmake -D INPUT=a.toml -D OUTPUT=a.cpp -D NAMESPACE=prx -D FUNCTION=name -P embed_text.cmake
# A text file as what `std::string_view NAMESPACE::FUNCTION()` returns. It may hold anything but the end mark below, and
# at most 64 KiB.
file(READ "${INPUT}" text)
string(FIND "${text}" ")prx-text\"" end_mark)
if(NOT end_mark EQUAL -1)
  message(FATAL_ERROR "${INPUT} holds the mark that ends a text")
endif()
get_filename_component(name "${INPUT}" NAME)
file(SIZE "${INPUT}" size)
if(size GREATER 65536)
  message(FATAL_ERROR "${INPUT} has more than 64 KiB")
endif()
file(WRITE "${OUTPUT}" "// Made of ${name} by the build.
#include <string_view>
namespace ${NAMESPACE} {
std::string_view ${FUNCTION}();
std::string_view ${FUNCTION}() { return R\"prx-text(${text})prx-text\"; }
}
")
