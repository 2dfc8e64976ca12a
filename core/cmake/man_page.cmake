# cmake -D PROGRAM=prx -D OUTPUT=prx.1 -P man_page.cmake: the man page as the program prints it. A program that fails
# leaves no file.
execute_process(COMMAND "${PROGRAM}" __man OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
file(WRITE "${OUTPUT}" "${text}")
