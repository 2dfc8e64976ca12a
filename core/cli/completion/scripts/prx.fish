# Completion of prx for fish. By hand: prx completion fish | source, in ~/.config/fish/config.fish
# The program says what can stand at the cursor, so that this is never out of date.
function __prx_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l program prx
    command -q -- $before[1]; and set program $before[1]
    set -l reply (command $program __complete fish $before[2..-1] "$current" 2>/dev/null)
    if test "$reply[1]" = files
        # Of --config=name, what stands before the name belongs to each answer.
        set -l option (string match -r -- '^--[^=]*=' $current)
        set -l name (string replace -r -- '^--[^=]*=' '' $current)
        string join -- \n "$option"(__fish_complete_path "$name")
    else
        string join -- \n $reply[2..-1]
    end
end
complete -c prx -e
complete -c prx -f -a '(__prx_complete)'
