/**
 * The looks of the forecast's picture. Colours stand in the classes themselves, not in custom properties, which some
 * viewers of SVG do not know; a dark page gets dark ones.
 */
export const SVG_STYLE = `
text{font:14px system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;font-variant-numeric:tabular-nums}
.title{font-size:20px;font-weight:600}.strong{font-weight:600}.small{font-size:12px}.end{text-anchor:end}
.paper{fill:#ffffff}.ink,.title{fill:#1f2328}.quiet{fill:#59636e}
.s0{fill:#eef1f4}.s1{fill:#cfe4f7}.s2{fill:#9ecbef}.s3{fill:#6aaee3}.s4{fill:#3b8dd0}.s5{fill:#1f6bb0}.s6{fill:#0e4a84}
.over{fill:#d1242f}.area{fill:#6aaee3}.has{stroke:#bc4c00;stroke-width:1.5;stroke-dasharray:5 4}.rule{stroke:#d1d9e0}
@media (prefers-color-scheme:dark){
.paper{fill:#0d1117}.ink,.title{fill:#e6edf3}.quiet{fill:#9198a1}
.s0{fill:#1b212a}.s1{fill:#12324f}.s2{fill:#174a78}.s3{fill:#1f6bb0}.s4{fill:#3b8dd0}.s5{fill:#78b8ea}.s6{fill:#c5e1f7}
.over{fill:#ff7b72}.area{fill:#2b7abf}.has{stroke:#f0883e}.rule{stroke:#30363d}
}`;
