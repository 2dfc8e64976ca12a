# prx_add_plugin(NAME
#   SOURCES a.cpp ...       C or C++
#   [NOTE plugin.json]      what the ELF note says (prx/plugin.h); "version" may be left out: the project's. A
#                           member or a value that the SDK does not know is an error, so that a slip is none for its
#                           users. Without it one of the sources says the note, by PRX_PLUGIN_NOTE
#   [DIALECT]               also the Chat Completions dialect, prx::sdk_chat (needs C++ and RapidJSON's headers)
#   [LIBRARIES lib ...]
#   [NO_INSTALL])
#
# One MODULE target NAME -> NAME.so in ${CMAKE_BINARY_DIR}/lib/prx/plugins (or PRX_PLUGIN_OUTPUT_DIRECTORY),
# installed to lib/prx/plugins as component prx_plugins. It exports prx_plugin_query_v1 alone and is never
# unmapped. A project without C++ can have plugins in C. With NOTE, sources can include "prx_note.h": PRX_NOTE_ID,
# PRX_NOTE_VERSION and PRX_NOTE_CAPABILITIES, literals with what the note says.

include(${CMAKE_CURRENT_LIST_DIR}/PrxNote.cmake)

# What the C++ layer itself needs, without the dialect: the splice editor, and Retry-After. No dependency.
function(_prx_add_cxx_layer)
  get_filename_component(src "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../src" ABSOLUTE)
  add_library(prx_sdk_json STATIC EXCLUDE_FROM_ALL
    ${src}/json_edit.cpp
    ${src}/json_peek.cpp
    ${src}/json_scan.cpp
    ${src}/json_text.cpp
    ${src}/json_validate.cpp
    ${src}/retry_after.cpp)
  target_link_libraries(prx_sdk_json PUBLIC prx_sdk)
  target_compile_options(prx_sdk_json PRIVATE -ffunction-sections -fdata-sections)
  set_target_properties(prx_sdk_json PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()

function(prx_add_plugin name)
  cmake_parse_arguments(arg "DIALECT;NO_INSTALL" "NOTE" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "prx_add_plugin(${name}): needs SOURCES; unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(cxx_sources ${arg_SOURCES})
  list(FILTER cxx_sources EXCLUDE REGEX "\\.[ch]$")
  if(arg_DIALECT AND NOT TARGET prx_sdk_chat)
    message(FATAL_ERROR "prx_add_plugin(${name}): DIALECT needs C++; add CXX to the LANGUAGES of project()")
  endif()
  if(arg_DIALECT AND NOT PRX_RAPIDJSON_INCLUDE_DIR)
    message(FATAL_ERROR "prx_add_plugin(${name}): DIALECT needs the headers of RapidJSON; install them (Debian: "
      "rapidjson-dev), or set PRX_RAPIDJSON_INCLUDE_DIR to the folder that holds rapidjson/")
  endif()

  add_library(${name} MODULE ${arg_SOURCES})
  if(arg_DIALECT)
    target_link_libraries(${name} PRIVATE prx::sdk prx::sdk_chat)
  elseif(cxx_sources AND TARGET prx_sdk_json)
    target_link_libraries(${name} PRIVATE prx::sdk prx_sdk_json)
  else()  # plain C: nothing of C++ is linked
    target_include_directories(${name} PRIVATE $<TARGET_PROPERTY:prx_sdk,INTERFACE_INCLUDE_DIRECTORIES>)
  endif()
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
  if(arg_NOTE)
    _prx_embed_note(${name} ${arg_NOTE})
  else()
    _prx_find_note(${name} ${arg_SOURCES})
  endif()
  _prx_shape_plugin(${name})
  if(NOT arg_NO_INSTALL)
    install(TARGETS ${name} LIBRARY DESTINATION lib/prx/plugins COMPONENT prx_plugins)
  endif()
endfunction()

# The note of a file goes into the plugin, and prx_note.h is there for its sources.
function(_prx_embed_note name file)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${name}.prx)
  get_filename_component(note ${file} ABSOLUTE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${note})
  _prx_read_note(${note} json)
  _prx_write_note("${json}" ${generated} note_source)
  target_sources(${name} PRIVATE ${note_source})
  target_include_directories(${name} PRIVATE ${generated})
endfunction()

# Without a file, one of the sources says the note.
function(_prx_find_note name)
  set(found "")
  foreach(source IN LISTS ARGN)
    get_filename_component(path ${source} ABSOLUTE)
    if(EXISTS ${path})
      file(STRINGS ${path} found REGEX "PRX_PLUGIN_NOTE" LIMIT_COUNT 1)
    endif()
    if(found)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "prx_add_plugin(${name}): needs NOTE plugin.json, or PRX_PLUGIN_NOTE in one of its sources")
endfunction()

# How a plugin is compiled and linked.
function(_prx_shape_plugin name)
  if(DEFINED PRX_PLUGIN_OUTPUT_DIRECTORY)
    set(output ${PRX_PLUGIN_OUTPUT_DIRECTORY})
  else()
    set(output ${CMAKE_BINARY_DIR}/lib/prx/plugins)
  endif()
  _prx_make_folder(${output})
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/exports.map)
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY "$<1:${output}>"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON LINK_DEPENDS ${exports})
  target_compile_options(${name} PRIVATE -ffunction-sections -fdata-sections)
  target_link_options(${name} PRIVATE
    LINKER:--version-script=${exports}
    LINKER:-z,nodelete LINKER:-z,now LINKER:-z,noseparate-code LINKER:--gc-sections)
  if(NOT PRX_SANITIZE)  # a sanitizer's symbols come from the host program
    target_link_options(${name} PRIVATE LINKER:--no-undefined)
  endif()
endfunction()

# Makes a folder and those above it. prx loads nothing from below one that others can write to: they are the owner's
# alone, whatever the umask.
function(_prx_make_folder folder)
  if(folder MATCHES "[$]<" OR EXISTS ${folder})
    return()
  endif()
  get_filename_component(above ${folder} DIRECTORY)
  _prx_make_folder(${above})
  file(MAKE_DIRECTORY ${folder})
  file(CHMOD ${folder} PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()

# Writes prx_note.h and the source with the note; sets `out` to the latter.
function(_prx_write_note json folder out)
  string(JSON PRX_ID GET "${json}" id)
  string(JSON PRX_VERSION GET "${json}" version)
  string(JSON PRX_CAPABILITIES ERROR_VARIABLE error GET "${json}" capabilities)
  if(error)
    set(PRX_CAPABILITIES "{}")
  endif()
  _prx_minify("${PRX_CAPABILITIES}" PRX_CAPABILITIES)
  foreach(text PRX_ID PRX_VERSION PRX_CAPABILITIES)
    string(REPLACE "\\" "\\\\" ${text} "${${text}}")
    string(REPLACE "\"" "\\\"" ${text} "${${text}}")
  endforeach()
  file(CONFIGURE OUTPUT ${folder}/prx_note.h @ONLY CONTENT
"/* Made by prx_add_plugin() from the plugin's note. */
#define PRX_NOTE_ID \"@PRX_ID@\"
#define PRX_NOTE_VERSION \"@PRX_VERSION@\"
#define PRX_NOTE_CAPABILITIES \"@PRX_CAPABILITIES@\"
")
  set(extension c)
  if(NOT CMAKE_C_COMPILER_LOADED)
    set(extension cpp)
  endif()
  string(HEX "${json}" hex)
  string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
  string(REGEX REPLACE "(................................................................................)"
         "\\1;" lines "${hex}")
  set(PRX_BYTES "")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE ",$" "" line "${line}")
    if(line)
      string(APPEND PRX_BYTES "    \"  .byte ${line}\\n\"\n")
    endif()
  endforeach()
  file(CONFIGURE OUTPUT ${folder}/note.${extension} @ONLY CONTENT
"/* The ELF note of a plugin, made by prx_add_plugin(). Layout: PRX_PLUGIN_NOTE in prx/plugin.h. */
__asm__(
    \".pushsection .note.prx,\\\"a\\\",%note\\n\"
    \"  .balign 4\\n\"
    \"  .long 991f-990f\\n  .long 993f-992f\\n  .long 1\\n\"
    \"990: .asciz \\\"prx\\\"\\n991: .balign 4\\n992:\\n\"
@PRX_BYTES@    \"993: .balign 4\\n\"
    \".popsection\\n\");
")
  set(${out} ${folder}/note.${extension} PARENT_SCOPE)
endfunction()
