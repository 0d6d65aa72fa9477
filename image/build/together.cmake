# Appended to llama.cpp's own CMakeLists.txt: many of its small C++ files are compiled several at a time, because
# each spends most of its compile time on the same large headers. It halves the time; what comes out is the same.

set_target_properties(llama-common mtmd server-context PROPERTIES UNITY_BUILD ON)

# These do not go together with their neighbours.
set_source_files_properties(
    "${PROJECT_SOURCE_DIR}/common/json.cpp"
    TARGET_DIRECTORY llama-common
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON
)
set_source_files_properties(
    "${PROJECT_SOURCE_DIR}/tools/mtmd/mtmd-helper.cpp"
    "${PROJECT_SOURCE_DIR}/tools/mtmd/mtmd-helper-gen.cpp"
    TARGET_DIRECTORY mtmd
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON
)
