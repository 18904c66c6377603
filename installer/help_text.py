"""What --help says: every command, `live`'s options, the settings that install.py itself reads."""

from __future__ import annotations

HELP = """\
OnAir: a talking avatar, live, rendered by ComfyUI.

  python3 install.py live [options]     set up what is missing, then go on air; prints one address
  python3 install.py test [--full] [pytest arguments]
                                        set up, then run the tests (CI=true or --full: with everything they need)
  python3 install.py setup              only set up; takes minutes once, a moment after that
  python3 install.py start [options]    live, detached; then status, logs, stop, restart
  python3 install.py status [--json]    whether it runs, where, and whether it is ready; --json: for a program
  python3 install.py logs [-f] [-n LINES] [--json]
                                        what it wrote; -f: and what comes; --json: as it was written
  python3 install.py download [--set NAME]... [--with wanvideowrapper [--path DIR]] [--to FOLDER] [--comfyui PATH]
                              [--dry-run] [--yes]
                                        bring the models that the shipped graphs need, with sizes and licences first
  python3 install.py doctor             look at everything, change nothing
  python3 install.py uninstall [--yes] [--everything]
                                        remove what setup made; --everything: also what was rendered and logged
  python3 install.py                    what ComfyUI Manager calls: checks that the nodes can load

Options of live, start and restart:
  --comfyui PATH|URL    a ComfyUI folder, or the address of a running one; else one is found or fetched
  --avatar FILE|NAME    photo or drawing of a face, or one that OnAir draws: presenter, professor, student
  --voice ID            a voice or a language: de
  --workflow FILE       the talk graph                      --idle FILE     the idle graph
  --port N --host NAME  where to listen (127.0.0.1:8000)    --set NODE.INPUT=VALUE
  --data FOLDER         as ONAIR_DATA (for status, logs, stop and the others too)
  --quant KIND          auto, bf16, fp8 or gguf: which form of a model's weights to load
  --also URL            a further ComfyUI by address, to share what is rendered; several may be given
  --header 'NAME: VALUE'
                        sent with every request to a ComfyUI by URL; a secret rather as ONAIR_COMFYUI_TOKEN
  --no-rehearsal        go on air without first rendering a sentence for nobody
  --json                print JSON instead of text

Options of download:
  --set NAME            infinitetalk, wanvideowrapper, or one graph's name: infinitetalk_live; else all that shipped
                        graphs need which name no other pack; bf16, gguf_q8, gguf_q4: other weights for --quant
  --with wanvideowrapper  bring ComfyUI-WanVideoWrapper too, with an environment of its own in which it works
  --path DIR            take it from this folder instead of cloning it
  --to FOLDER           a ComfyUI's models folder; else the one that live's own ComfyUI sees
  --dry-run             only show what would be done           --yes  do not ask

Settings (environment, or a line in .env):
  ONAIR_DATA            where everything made at run time lies (.onair)
  ONAIR_COMFYUI         as --comfyui
  ONAIR_TORCH_INDEX     package index tried first for a CPU build of torch where there is no NVIDIA GPU;
                        none: use pip's own index
  ONAIR_MODEL_HOST      where download gets models (https://huggingface.co, or a mirror of it)
  HF_TOKEN              token for that host (or HF_TOKEN_FILE); HF_HOME, HF_HUB_CACHE: its cache, used by link
  ONAIR_HLS_JS          a copy of hls.min.js to take instead of fetching it
  All others, as ONAIR_TOKEN and ONAIR_UPLOADS (who may bring pictures and graphs): docs/settings.md

Exit codes: 0 done, 1 a bug, 2 bad input, 3 the engine did not start or end, 4 something from outside did not come
(network, disk, package index), 5 doctor found faults, 130 interrupted, 141 the reader of its output went away.
"""
