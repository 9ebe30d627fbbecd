# Files of the source tree as constexpr bytes within the binary, so that it needs none of them where it runs.
#
#   freshet_embed(TARGET FUNCTION docs_files HEADER api/embedded_file.hpp NAMESPACE freshet::api FOLDER web/docs FILES a.js …)
#
# adds to TARGET a generated source that defines `std::span<const EmbeddedFile> FUNCTION() noexcept`, sorted as FILES are.
# HEADER declares EmbeddedFile {name, bytes, digest} and the function. The source is made anew when a file changes.
# Run as a script (cmake -P) this file is also what writes that source.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(FRESHET_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

  function(freshet_embed target)
    cmake_parse_arguments(EMBED "" "FUNCTION;HEADER;NAMESPACE;FOLDER" "FILES" ${ARGN})
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${EMBED_FUNCTION}.cpp)
    set(inputs ${EMBED_FILES})
    list(TRANSFORM inputs PREPEND ${PROJECT_SOURCE_DIR}/${EMBED_FOLDER}/)
    list(JOIN EMBED_FILES "|" names)
    add_custom_command(OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DFUNCTION=${EMBED_FUNCTION} -DHEADER=${EMBED_HEADER}
              -DNAMESPACE=${EMBED_NAMESPACE} -DFOLDER=${PROJECT_SOURCE_DIR}/${EMBED_FOLDER} "-DNAMES=${names}"
              -P ${FRESHET_EMBED_SCRIPT}
      DEPENDS ${inputs} ${FRESHET_EMBED_SCRIPT}
      COMMENT "Embedding ${EMBED_FOLDER}"
      VERBATIM)
    target_sources(${target} PRIVATE ${output})
  endfunction()
  return()
endif()

string(REPLACE "|" ";" NAMES "${NAMES}")
set(arrays "")
set(entries "")
set(number 0)
foreach(name IN LISTS NAMES)
  file(READ ${FOLDER}/${name} hex HEX)
  file(SHA256 ${FOLDER}/${name} digest)
  string(SUBSTRING ${digest} 0 16 digest)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "constexpr char bytes_${number}[] = {${bytes}};\n")
  string(APPEND entries "    {\"${name}\", {bytes_${number}, sizeof bytes_${number}}, \"${digest}\"},\n")
  math(EXPR number "${number} + 1")
endforeach()
list(LENGTH NAMES count)
file(WRITE ${OUTPUT} "// Written by cmake/Embed.cmake from ${FOLDER}.
#include \"${HEADER}\"

#include <array>

namespace ${NAMESPACE} {
namespace {

${arrays}
constexpr std::array<EmbeddedFile, ${count}> files{{
${entries}}};

}  // namespace

std::span<const EmbeddedFile> ${FUNCTION}() noexcept { return files; }

}  // namespace ${NAMESPACE}
")
