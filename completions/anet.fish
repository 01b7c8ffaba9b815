# fish completion for anet: asks the anet that was typed, so it knows what that one knows.

function __anet_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
    or return
    set -l directive (string split -m 1 ' ' -- $lines[-1])
    set -e lines[-1]
    string join -- \n $lines
    switch $directive[1]
        case :files :folders
            set -l path (string sub -s (math (string length -- "$directive[2]") + 1) -- "$current")
            for name in (complete -C "'' $path")
                if test $directive[1] = :files; or string match -qr '/(\t|$)' -- $name
                    printf '%s\n' "$directive[2]$name"
                end
            end
    end
end

complete -c anet -f -k -a '(__anet_complete)'
