#compdef prx
# Completion of prx for zsh. By hand: source <(prx completion zsh) in ~/.zshrc, below compinit
# The program says what can stand at the cursor, so that this is never out of date.
_prx() {
  local program=${(Q)words[1]} line word tab=$'\t'
  local -a reply described how before
  program=${program/#\~\//$HOME/}
  (( $+commands[$program] )) || [[ $program == */* && -x $program ]] || program=prx
  (( CURRENT > 2 )) && before=("${(@Q)words[2,CURRENT-1]}")
  reply=("${(@f)$("$program" __complete zsh "${(@)before}" "${(Q)PREFIX}" 2>/dev/null)}")
  [[ $PREFIX == --*=* ]] && compset -P 1 '*='
  if [[ $reply[1] == files ]]; then
    _files
    return
  fi
  for line in "${(@)reply[2,-1]}"; do
    word=${line%%$tab*}
    word=${${word//\\/\\\\}//:/\\:}
    described+=("$word${line:+:${line#*$tab}}")
  done
  [[ $reply[1] == open ]] && how=(-S '')
  _describe -t values prx described "${(@)how}"
}
if [[ ${funcstack[1]-} == _prx ]]; then _prx "$@"; else compdef _prx prx; fi
