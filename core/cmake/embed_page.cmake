# A page as a C++ source: cmake -D FOLDER=page -D OUTPUT=a.cpp -D NAMESPACE=prx -P embed_page.cmake
# makes of index.html, page.css and page.js in FOLDER one document, `std::string_view NAMESPACE::page_text()`, in which the
# marks PAGE_CSS and PAGE_JS are replaced by the other two, and `NAMESPACE::page_hashes()`: the sources "'sha256-...'" of a
# Content-Security-Policy that lets in exactly this style and this script: the pair of them, style first. 64 KiB at most.

# SHA-256 of a text in base64: three hex digits are two of base64; 64 of them and two zeros are 43, and the padding.
function(prx_hash text out)
  string(SHA256 hex "${text}")
  set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  set(base64 "")
  foreach(at RANGE 0 63 3)
    string(SUBSTRING "${hex}00" ${at} 3 digits)
    math(EXPR high "0x${digits} >> 6")
    math(EXPR low "0x${digits} & 63")
    string(SUBSTRING ${alphabet} ${high} 1 first)
    string(SUBSTRING ${alphabet} ${low} 1 second)
    string(APPEND base64 ${first}${second})
  endforeach()
  string(SUBSTRING "${base64}" 0 43 base64)
  set(${out} "'sha256-${base64}='" PARENT_SCOPE)
endfunction()

file(READ "${FOLDER}/index.html" page)
file(READ "${FOLDER}/page.css" style)
file(READ "${FOLDER}/page.js" script)
prx_hash("${style}" style_hash)
prx_hash("${script}" script_hash)
string(REPLACE "PAGE_CSS" "${style}" page "${page}")
string(REPLACE "PAGE_JS" "${script}" page "${page}")
string(LENGTH "${page}" size)
if(size GREATER 65535)
  message(FATAL_ERROR "the page has more than 64 KiB")
endif()
string(FIND "${page}" ")prx-text\"" end_mark)
if(NOT end_mark EQUAL -1)
  message(FATAL_ERROR "the page holds the mark that ends a text")
endif()
file(WRITE "${OUTPUT}" "// Made of the files of the page by the build.
#include <string_view>
#include <utility>
namespace ${NAMESPACE} {
std::string_view page_text();
std::string_view page_text() {
  return R\"prx-text(${page})prx-text\";
}
std::pair<std::string_view, std::string_view> page_hashes();
std::pair<std::string_view, std::string_view> page_hashes() {
  return {\"${style_hash}\", \"${script_hash}\"};
}
}
")
