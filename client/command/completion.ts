// `swr-tag-delete completion`: what a shell offers after TAB, from commander's definitions.
import { EventEmitter } from 'node:events';
import { ShellCompDirective, script } from '@bomb.sh/tab';
import tab from '@bomb.sh/tab/commander';
import { Argument, Command } from 'commander';

const PROGRAM = 'swr-tag-delete';
const SHELLS = ['bash', 'zsh', 'fish'] as const;

const examples = `
Examples:
  source <(swr-tag-delete completion bash)   # in ~/.bashrc
  source <(swr-tag-delete completion zsh)    # in ~/.zshrc, after compinit
  swr-tag-delete completion fish | source    # in ~/.config/fish/config.fish

Exit codes: 0 done, 2 usage error.`;

/**
 * Not the library's scripts: those of 0.0.22 evaluate what was typed. The one for bash also needs the package
 * bash-completion, fails if it is read a second time, and never offers files.
 */
const bash = `_swr_tag_delete() {
  local value
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    [[ $value == :* ]] || COMPREPLY+=("$value")
  done < <(${PROGRAM} complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _swr_tag_delete ${PROGRAM}
`;

const zsh = `_swr_tag_delete() {
  local value description
  local -a values
  while IFS=$'\\t' read -r value description; do
    [[ $value == :* ]] || values+=("\${value//:/\\\\:}\${description:+:$description}")
  done < <(${PROGRAM} complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if [[ $PREFIX == --*=* ]]; then compset -P '*='; fi
  if (( $#values )); then _describe value values; else _files; fi
}
compdef _swr_tag_delete ${PROGRAM}
`;

/** The command. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('Writes what makes a shell complete commands, options and their values after TAB.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', examples)
    .action((shell: (typeof SHELLS)[number]) => {
      if (shell === 'fish') script(shell, PROGRAM, PROGRAM);
      else process.stdout.write({ bash, zsh }[shell]);
    });
}

/**
 * Writes what the scripts ask for: a line for each value that may come next, with a tab and its description, and a last
 * line that says whether the shell may offer files. Only fish reads that; the others offer files if there are no values.
 * The commands get the event `completing` first: a command may then add the values that would be too many for its help.
 * @param program has all commands; the one that the line names with its options
 * @param line the words after the program's name; the last is the one at the cursor, and may be empty
 */
export function complete(program: Command, line: readonly string[]): void {
  // bash takes --level=base for three words, zsh for one.
  const words = line.flatMap((word, at) => {
    if (word === '=') return at === line.length - 1 ? [''] : [];
    const [, option, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    return option === undefined ? [word] : [option, value ?? ''];
  });
  const command = program.commands.find((one) => one.name() === words[0]) ?? program;
  const option = command.options.find(({ long }) => long === words.at(-2));
  if (/<(?:file|dir|directory)>/.test(option?.flags ?? '')) {
    process.stdout.write(`:${ShellCompDirective.ShellCompDirectiveDefault}\n`);
    return;
  }
  // Commander's types lack it.
  EventEmitter.prototype.emit.call(command, 'completing');
  const completions = tab(program);
  // The adapter adds it, for programs whose scripts the library writes.
  completions.commands.delete('complete');
  completions.parse(words);
}
