// completion_scripts.cpp: how each shell calls `hoiku complete`. A candidate is a line: its text, a tab, its
// description. After a candidate that ends with '/' no space follows, since more segments do.
#include <array>
#include <utility>

#include "cli/completion/completion.hpp"

namespace hoiku::cli {
namespace {

// bash replaces what follows the quote that is open, or else the last character that it takes for the end of a word:
// topic names may contain ':' and '='. So this reads the line itself, with its quotes, and gives bash the rest of each
// candidate. A candidate may be the name that a stranger gave to a topic, and becomes part of a command: what the open
// quote would not keep together is left out, and so is what no escape protects within `…`.
constexpr const char* bash_script = R"(# bash completion for hoiku, as `hoiku completion bash` prints it.
_hoiku() {
  local line=${COMP_LINE:0:COMP_POINT} words=() word='' rest=0 quoted=0 quote='' previous='' foreign='' begun=''
  local char text i IFS=$' \t\n'
  for ((i = 0; i < ${#line}; ++i)); do
    char=${line:i:1}
    if [[ -z $quote && $char == [[:space:]] ]]; then
      [[ -z $begun ]] || words+=("$word")
      word='' rest=0 foreign='' begun='' previous=''
      continue
    fi
    begun=1
    if [[ -n $quote && $char == "$quote" ]]; then
      quote=''
    elif [[ -z $quote && $char == [\'\"] ]]; then
      quote=$char quoted=${#word}
      [[ $previous != '$' ]] || foreign=1  # $'…' has escapes of its own
    elif [[ $char == \\ && $quote != \' && (-z $quote || ${line:i+1:1} == [\"\\\$\`]) ]]; then
      i=$((i + 1))
      word+=${line:i:1}
    else
      word+=$char
      [[ -n $quote || $COMP_WORDBREAKS != *"$char"* ]] || rest=${#word}
    fi
    previous=$char
  done
  words+=("$word")
  [[ -z $quote ]] || rest=$quoted
  COMPREPLY=()
  [[ -z $foreign ]] || return 0
  while IFS=$'\t' read -r text _; do
    text=${text:rest}
    case $quote in
      \') [[ $text != *\'* ]] || continue ;;
      \") [[ $text != *[\"\\\$\`!]* ]] || continue ;;
      *)
        [[ -n $text && $text != *[\\\`]* ]] || continue
        printf -v text '%q' "$text"
        ;;
    esac
    COMPREPLY+=("$text")
  done < <("${words[0]/#\~/$HOME}" complete "${words[@]:1}" 2>/dev/null)
  if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == */ ]]; then
    compopt -o nospace 2>/dev/null || :  # outside of a completion there is nothing to tell
  fi
}
complete -F _hoiku hoiku
)";

constexpr const char* zsh_script = R"(#compdef hoiku
# zsh completion for hoiku, as `hoiku completion zsh` prints it.
_hoiku() {
  local line text
  local -a whole partial described
  for line in "${(@f)$(${(Q)words[1]} complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    text=${line%%$'\t'*}
    if [[ -z $text ]]; then
      continue
    elif [[ $text == */ ]]; then
      partial+=("$text")
    else
      whole+=("$text")
      described+=("${(r:24:)text} ${line#*$'\t'}")
    fi
  done
  compadd -l -d described -a whole
  compadd -S '' -a partial
}
if [[ ${funcstack[1]-} == _hoiku ]]; then
  _hoiku "$@"
else
  compdef _hoiku hoiku
fi
)";

constexpr const char* fish_script = R"(# fish completion for hoiku, as `hoiku completion fish` prints it.
function __hoiku_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] complete $words[2..-1] 2>/dev/null
end
complete -c hoiku -f -a '(__hoiku_complete)'
)";

}  // namespace

const char* completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script;
  if (shell == "zsh") return zsh_script;
  if (shell == "fish") return fish_script;
  return nullptr;
}

}  // namespace hoiku::cli
