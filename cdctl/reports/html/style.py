"""The page's style: one palette for light and print, one for dark."""

from __future__ import annotations

LIGHT = {
    "bg": "#ffffff",
    "raised": "#f6f7f9",
    "fg": "#15181e",
    "muted": "#59616e",
    "rule": "#dde1e7",
    "met": "#1a6e41",
    "at_risk": "#8a5200",
    "breached": "#b3261e",
    "no_data": "#59616e",
    "error": "#7a35a8",
    "fine": "#2b62c4",
    "calm": "#93a4c3",
}
DARK = {
    "bg": "#14171c",
    "raised": "#1c2027",
    "fg": "#e8eaee",
    "muted": "#a2aab8",
    "rule": "#333a45",
    "met": "#6fcf97",
    "at_risk": "#f0b04c",
    "breached": "#ff8a80",
    "no_data": "#a2aab8",
    "error": "#cfa0f5",
    "fine": "#7fabff",
    "calm": "#5d6f92",
}


def _variables(palette: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in palette.items())


PALETTES = f"""
:root{{color-scheme:light;{_variables(LIGHT)}}}
@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{_variables(DARK)}}}}}
"""
RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
 "Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main{max-width:68rem;margin:0 auto;padding:2.5rem 1.5rem 3rem}
h1,h2,h3,p,dl,dd,ul,figure,table{margin:0;padding:0}
h1{font-size:clamp(1.6rem,4.2vw,2.4rem);line-height:1.15;letter-spacing:-.02em;font-weight:700;text-wrap:balance}
h2{font-size:1.3rem;line-height:1.25;letter-spacing:-.01em}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
a{color:inherit;text-decoration-color:var(--rule);text-underline-offset:.2em}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--fine);outline-offset:2px;border-radius:3px}
.defs{position:absolute}
.kicker,.sub,.muted{color:var(--muted)}
.kicker{font-size:.9rem;margin-bottom:.5rem}
.sub{margin-top:.75rem;max-width:46rem}
.tally{display:flex;flex-wrap:wrap;gap:.35rem 1.5rem;list-style:none;margin:1.25rem 0 0}
.tally b{font-size:1.15rem}

.verdict{display:inline-flex;align-items:baseline;gap:.4em;font-weight:600;white-space:nowrap}
.verdict svg{width:1.05em;height:1.05em;flex:none;align-self:center}
.number{display:inline-block;min-width:4.1rem}
.v-met{--v:var(--met)}.v-at_risk{--v:var(--at_risk)}.v-breached{--v:var(--breached)}
.v-no_data{--v:var(--no_data)}.v-error{--v:var(--error)}
.verdict{color:var(--v)}

.scroll{overflow-x:auto;margin-top:2rem}
.list{width:100%;border-collapse:collapse;font-size:.92rem}
.list caption{text-align:left;font-size:1.3rem;font-weight:700;letter-spacing:-.01em;padding-bottom:.5rem}
.list th,.list td{padding:.55rem .55rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--rule)}
.list thead th{color:var(--muted);font-weight:500;font-size:.82rem;vertical-align:bottom;white-space:nowrap}
.list td{white-space:nowrap}
.list .text{text-align:left}
.list th[scope=row]{font-weight:600;width:99%;min-width:11rem;white-space:normal}
.list tr>:first-child{padding-left:0}.list tr>:last-child{padding-right:0}
.list small{display:block;font-weight:400;color:var(--muted)}
.list .unknown td{color:var(--muted)}
.list .below{color:var(--breached);font-weight:600}
.spark{display:inline-block;width:5.5rem;height:1.5rem;vertical-align:middle;margin-right:.5rem}

.slo{margin-top:3rem}
.slo>p{max-width:46rem}
.slo>.verdict{margin-top:.25rem}
.card{margin-top:1rem;border:1px solid var(--rule);border-left:4px solid var(--v);border-radius:6px}
.card>summary{display:flex;flex-wrap:wrap;align-items:baseline;gap:.2rem 1.1rem;padding:.7rem 2.8rem .7rem 1rem;
 cursor:pointer;list-style:none;position:relative}
.card>summary::-webkit-details-marker{display:none}
.card>summary::after{content:"";position:absolute;right:1.2rem;top:1.15rem;width:.5em;height:.5em;
 border:solid var(--muted);border-width:0 2px 2px 0;transform:rotate(45deg)}
.card[open]>summary::after{transform:rotate(-135deg);top:1.4rem}
.card>summary h3{font-size:1rem;font-weight:600}
.inside{padding:0 1rem 1rem}
.why{font-size:1.05rem;margin-bottom:.9rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.2rem,1fr));gap:.8rem 1.5rem}
.facts dt{font-size:.8rem;color:var(--muted)}
.facts dd{font-weight:600}
.facts small{display:block;font-weight:400;font-size:.82rem;color:var(--muted)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:1.25rem 1.5rem;
 margin-top:1.25rem}
figure{display:flex;flex-direction:column;padding-right:3.4em;min-width:0;font-size:.82rem}
figure .chart{margin-top:auto}
figcaption b{font-size:.92rem}
figcaption{margin-bottom:.4rem;color:var(--muted)}
figcaption b{color:var(--fg)}
.burns{border-collapse:collapse;margin-top:1.1rem;font-size:.85rem;width:100%;max-width:42rem;table-layout:fixed}
.burns th{font-weight:500;color:var(--muted)}
.burns th,.burns td{text-align:right;padding:.2rem .4rem;border-bottom:1px solid var(--rule)}
.burns tr>:first-child{padding-left:0;text-align:left;width:6.5rem}
.burns .hot{font-weight:700;color:var(--breached)}
.more{margin-top:1rem;font-size:.88rem}
.more>summary{cursor:pointer;color:var(--muted)}
.more dt{color:var(--muted);margin-top:.6rem}
pre{margin:.25rem 0 0;padding:.6rem .75rem;background:var(--raised);border-radius:4px;white-space:pre-wrap;
 overflow-wrap:anywhere}
.more ul{padding-left:1.2rem;margin-top:.4rem}
footer{margin-top:3.5rem;padding-top:1.25rem;border-top:1px solid var(--rule);font-size:.88rem;color:var(--muted)}
footer h2{font-size:1rem;color:var(--fg)}
footer ul{padding-left:1.2rem;margin:.4rem 0 1rem;max-width:46rem}

.chart{display:block;overflow:visible}
.chart text{font-size:11px;fill:var(--muted)}
.chart .time{text-anchor:middle}
.chart line{stroke:var(--rule);vector-effect:non-scaling-stroke}
.chart .strong{stroke:var(--muted)}
.chart .now{stroke:var(--muted);stroke-dasharray:2 3}
.chart path,.spark path{vector-effect:non-scaling-stroke;fill:none}
.line{stroke-width:2;stroke-linejoin:round}
.spark .line{stroke-width:1.5}
.line.fine{stroke:var(--fine)}.line.over{stroke:var(--breached)}
.chart .area,.spark .area{stroke:none;opacity:.16}
.chart .area.fine,.spark .area.fine,.dot.fine{fill:var(--fine)}
.chart .area.over,.spark .area.over,.dot.over{fill:var(--breached)}
.pace{stroke:var(--muted);stroke-dasharray:4 4;stroke-width:1}
.zero{stroke:var(--rule);stroke-width:1}
.chart .calm{fill:var(--calm)}.chart .hot{fill:var(--breached)}
.gap{fill:url(#gap)}.gap-ground{fill:var(--raised)}.gap-line{stroke:var(--muted);stroke-width:1;opacity:.55}

@media (max-width:44rem){
main{padding:1.5rem 1rem 2rem}
.list .wide,.list .promised,.spark,.list thead th:first-child{display:none}
.list .text{display:block;border:0;padding:.5rem 0 0}
.list th[scope=row]{width:auto;min-width:9rem;padding:.1rem 0 .5rem}
.list td:not(.text),.list thead th:not(.text){width:1%;padding:.5rem 0 .5rem .6rem}
.list tr>*{border:0}.list tr{border-bottom:1px solid var(--rule)}
.number{min-width:0}
.inside{padding:0 .75rem .75rem}.card>summary{padding-left:.75rem}
.burns th,.burns td{padding:.2rem .15rem}
}
@media print{
@page{size:A4;margin:14mm 14mm 16mm;
 @bottom-right{content:counter(page) " / " counter(pages);font:8pt system-ui,sans-serif}}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
html{font-size:11.5px}
body{font-size:9pt;line-height:1.4}
.more,.burns,.charts{margin-top:.6rem}.more dt{margin-top:.2rem}.why{margin-bottom:.5rem}
main{max-width:none;padding:0}
details::details-content{content-visibility:visible;display:block;block-size:auto;height:auto}
.card>summary::after{display:none}
.whole,tr,pre{break-inside:avoid}
h2,h3,.slo>p,.card>summary,.why{break-after:avoid}
.more>summary{list-style:none}.more>summary::-webkit-details-marker{display:none}
thead{display:table-header-group}
.scroll{overflow:visible}
.charts{grid-template-columns:1fr 1fr}
.slo{margin-top:1.6rem}
a{text-decoration:none}
}
"""
