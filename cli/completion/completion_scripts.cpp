// completion_scripts.cpp: how each shell calls `hoiku complete`. A candidate is a line: its text, a tab, its
// description. After a candidate that ends with '/' no space follows, since more segments do.
#include <array>
#include <utility>

#include "cli/completion/completion.hpp"

namespace hoiku::cli {
namespace {

// bash splits words at ':' and '=' as well, which topic names may contain. So this splits the line itself, at blanks,
// and removes the part that bash takes for the words before the cursor.
constexpr const char* bash_script = R"(# bash completion for hoiku, as `hoiku completion bash` prints it.
_hoiku() {
  local line=${COMP_LINE:0:COMP_POINT} words=() word quote='' before='' text IFS=$' \t\n'
  read -ra words <<<"$line"
  [[ -n $line && $line != *[[:space:]] ]] || words+=('')
  word=${words[-1]}
  if [[ $word == [\'\"]* ]]; then
    quote=${word:0:1}
    word=${word:1}
  fi
  words[-1]=$word
  if [[ -z $quote && $word == *[:=]* && $COMP_WORDBREAKS == *:* ]]; then
    before=${word%"${word##*[:=]}"}
  fi
  COMPREPLY=()
  while IFS=$'\t' read -r text _; do
    [[ -n $quote ]] || printf -v text '%q' "$text"
    COMPREPLY+=("${text#"$before"}")
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
