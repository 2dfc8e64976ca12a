# Targets of the SDK, the same in this tree and in an installed package, and prx_add_plugin().
#
#   prx::sdk       headers only: the C interface and the C++ layer
#   prx::sdk_chat  the Chat Completions dialect, compiled from sdk/src by whoever uses it (needs RapidJSON's
#                  headers), so that no C++ object code crosses from one compiler to another
#
# A project without C++ has prx::sdk and prx_add_plugin() for plugins in C. One that enables C++ later includes this
# again, by find_package(), and then has the rest.
#
# PRX_SDK_DIR is the folder that holds src/ and cmake/; an installed package says where its headers are.
get_filename_component(PRX_SDK_DIR "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
if(NOT DEFINED PRX_SDK_INCLUDE_DIR)
  set(PRX_SDK_INCLUDE_DIR ${PRX_SDK_DIR}/include)
endif()

include(${CMAKE_CURRENT_LIST_DIR}/PrxAddPlugin.cmake)
if(NOT TARGET prx_sdk)
  add_library(prx_sdk INTERFACE)
  add_library(prx::sdk ALIAS prx_sdk)
  target_include_directories(prx_sdk INTERFACE ${PRX_SDK_INCLUDE_DIR})
endif()

# The C++ layer is made once the project has C++; a plain C plugin needs the header alone.
get_property(prx_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if(NOT "CXX" IN_LIST prx_languages OR TARGET prx_sdk_chat)
  return()
endif()
target_compile_features(prx_sdk INTERFACE cxx_std_20)
_prx_add_cxx_layer()

find_path(PRX_RAPIDJSON_INCLUDE_DIR rapidjson/reader.h)
mark_as_advanced(PRX_RAPIDJSON_INCLUDE_DIR)
add_library(prx_sdk_chat STATIC EXCLUDE_FROM_ALL
  ${PRX_SDK_DIR}/src/chat_answer.cpp
  ${PRX_SDK_DIR}/src/chat_chunk.cpp
  ${PRX_SDK_DIR}/src/chat_decoder.cpp
  ${PRX_SDK_DIR}/src/chat_emit.cpp
  ${PRX_SDK_DIR}/src/chat_frame.cpp
  ${PRX_SDK_DIR}/src/chat_halves.cpp
  ${PRX_SDK_DIR}/src/chat_messages.cpp
  ${PRX_SDK_DIR}/src/chat_tools.cpp
  ${PRX_SDK_DIR}/src/chat_usage.cpp
  ${PRX_SDK_DIR}/src/error_class.cpp
  ${PRX_SDK_DIR}/src/error_read.cpp
  ${PRX_SDK_DIR}/src/json_edit.cpp
  ${PRX_SDK_DIR}/src/json_mend.cpp
  ${PRX_SDK_DIR}/src/json_peek.cpp
  ${PRX_SDK_DIR}/src/json_scan.cpp
  ${PRX_SDK_DIR}/src/json_text.cpp
  ${PRX_SDK_DIR}/src/json_validate.cpp
  ${PRX_SDK_DIR}/src/models.cpp
  ${PRX_SDK_DIR}/src/retry_after.cpp)
add_library(prx::sdk_chat ALIAS prx_sdk_chat)
target_link_libraries(prx_sdk_chat PUBLIC prx_sdk)
if(PRX_RAPIDJSON_INCLUDE_DIR)
  target_include_directories(prx_sdk_chat SYSTEM PRIVATE ${PRX_RAPIDJSON_INCLUDE_DIR})
endif()
if(PRX_SANITIZE OR PRX_FUZZ)
  # RapidJSON 1.1.0 compares nullptr + n with nullptr before its first allocation (internal/stack.h).
  target_compile_options(prx_sdk_chat PRIVATE -fno-sanitize=pointer-overflow)
endif()
if(TARGET prx_options)
  target_link_libraries(prx_sdk_chat PRIVATE $<BUILD_INTERFACE:prx_options>)
endif()
set_target_properties(prx_sdk_chat PROPERTIES
  POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
