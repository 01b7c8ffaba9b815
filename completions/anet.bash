# bash completion for anet: asks the anet that was typed, so it knows what that one knows.

# Puts the words up to the cursor into the array `words` as they were typed: bash has split them
# at the characters of COMP_WORDBREAKS, "--dump=text" and "unix:/tmp/s" among them.
_anet_words() {
  local line=${COMP_LINE:0:COMP_POINT} part gap i
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    gap=${line%%[![:space:]]*}
    line=${line#"$gap"}
    part=${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && part=$line
    if [[ $i -eq 0 || -n $gap ]]; then
      words+=("$part")
    else
      words[${#words[@]} - 1]+=$part
    fi
    line=${line#"$part"}
  done
}

_anet() {
  local words=() lines=() line directive path option current keep breaks
  _anet_words
  current=${words[${#words[@]} - 1]}
  mapfile -t lines < <("${words[0]/#\~\//$HOME/}" complete -- "${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  ((${#lines[@]})) || return 0
  directive=${lines[${#lines[@]} - 1]}
  unset 'lines[${#lines[@]} - 1]'

  # What readline replaces begins behind the last of its breaks.
  breaks=${COMP_WORDBREAKS//[^=:]/}
  keep=${current%"${current##*["$breaks"]}"}
  [[ $breaks ]] || keep=

  for line in "${lines[@]}"; do
    line=${line%%$'\t'*}
    COMPREPLY+=("${line#"$keep"}")
  done
  case $directive in
  :nospace) compopt -o nospace 2>/dev/null ;;
  :files* | :folders*)
    path=${directive#* }
    option=-f
    [[ $directive == :folders* ]] && option=-d
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do
      line=$path$line
      COMPREPLY+=("${line#"$keep"}")
    done < <(compgen "$option" -- "${current#"$path"}")
    ;;
  esac
}

complete -F _anet anet
