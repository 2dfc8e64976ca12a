# Completion of prx for bash. By hand: source <(prx completion bash) in ~/.bashrc
# The program says what can stand at the cursor, so that this is never out of date.
_prx() {
  local program=${1/#'~/'/"$HOME/"} line kind=''
  type -P "$program" >/dev/null || program=prx
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
  done < <("$program" __complete bash "$2" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  case $kind in
    files) compopt -o default 2>/dev/null ;;  # readline's own, as no word is offered
    open) compopt -o nospace 2>/dev/null ;;
  esac
}
complete -F _prx prx
