-- A history of version 2, as molt_build wrote it: two runs of a lane, three of the cases, two builds.
BEGIN TRANSACTION;
CREATE TABLE build_actions (        -- what was executed, and what failed
    build INTEGER NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    program TEXT NOT NULL,
    stage TEXT NOT NULL,
    status TEXT NOT NULL,           -- executed, failed
    key TEXT NOT NULL,
    seconds REAL NOT NULL,          -- of the command
    waited_s REAL NOT NULL,         -- for a lock
    is_wasted INTEGER NOT NULL,     -- a new key, and the same bytes as before
    changed TEXT NOT NULL,          -- JSON: the names of the components that changed
    differences TEXT NOT NULL,      -- JSON: [component, old, new] of some of them, shortened
    PRIMARY KEY (build, program, stage)
) STRICT, WITHOUT ROWID;
INSERT INTO "build_actions" VALUES(1,'p','s','executed','k',1.0,0.5,1,'["argv"]','[["argv", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...", null]]');
INSERT INTO "build_actions" VALUES(2,'p','s','executed','k',1.0,0.5,1,'["argv"]','[["argv", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...", null]]');
CREATE TABLE builds (
    id INTEGER PRIMARY KEY,         -- in the order of recording
    started TEXT NOT NULL,          -- UTC, ISO 8601
    toolchain TEXT NOT NULL,
    profile TEXT NOT NULL,
    target TEXT NOT NULL,
    seconds REAL NOT NULL,          -- of the whole build
    executed INTEGER NOT NULL,
    hits INTEGER NOT NULL,
    up_to_date INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    stages TEXT NOT NULL            -- JSON: stage -> counts and the seconds of its commands
) STRICT;
INSERT INTO "builds" VALUES(1,'2026-01-01T00:00:01Z','t','dev','native',1.0,1,0,0,0,'{"s": {"misses": 1}}');
INSERT INTO "builds" VALUES(2,'2026-01-01T00:00:02Z','t','dev','native',2.0,1,0,0,0,'{"s": {"misses": 1}}');
CREATE TABLE case_kpis (
    run TEXT NOT NULL REFERENCES case_runs (run) ON DELETE CASCADE,
    case_name TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    workload TEXT NOT NULL,         -- with its shard: "differential 1/4"
    kpi TEXT NOT NULL,
    metric TEXT NOT NULL,
    is_maximum INTEGER NOT NULL,
    limit_value REAL NOT NULL,
    value REAL,                     -- NULL when the cell failed
    is_green INTEGER NOT NULL,
    source TEXT NOT NULL,           -- program | ours
    PRIMARY KEY (run, case_name, toolchain, workload, kpi)
) STRICT, WITHOUT ROWID;
INSERT INTO "case_kpis" VALUES('20260201T080000Z','dev_warm','cython','progress','dev_warm','median_s',1,3.0,0.07,1,'program');
INSERT INTO "case_kpis" VALUES('20260201T080000Z','split','cython','progress 1/4','split','median_s',1,3.0,0.5,1,'program');
INSERT INTO "case_kpis" VALUES('20260202T080000Z','dev_warm','cython','progress','dev_warm','median_s',1,3.0,4.5,0,'program');
INSERT INTO "case_kpis" VALUES('20260202T080000Z','split','cython','progress 1/4','split','median_s',1,3.0,0.5,1,'program');
INSERT INTO "case_kpis" VALUES('20260203T080000Z','dev_warm','cython','progress','dev_warm','median_s',1,3.0,0.08,1,'program');
INSERT INTO "case_kpis" VALUES('20260203T080000Z','split','cython','progress 1/4','split','median_s',1,3.0,0.5,1,'program');
CREATE TABLE case_runs (
    run TEXT PRIMARY KEY,           -- TIMESTAMP
    started TEXT NOT NULL,          -- UTC, ISO 8601
    git_commit TEXT,
    git_is_dirty INTEGER,
    machine_class TEXT NOT NULL,
    result TEXT NOT NULL            -- path of its folder, relative to the project
) STRICT;
INSERT INTO "case_runs" VALUES('20260201T080000Z','2026-02-01T08:00:00Z','0123456789abcdef',0,'x86_64 / Some CPU / 2 cores','bench/results/compile_progress/20260201T080000Z');
INSERT INTO "case_runs" VALUES('20260202T080000Z','2026-02-02T08:00:00Z','0123456789abcdef',0,'x86_64 / Some CPU / 2 cores','bench/results/compile_progress/20260202T080000Z');
INSERT INTO "case_runs" VALUES('20260203T080000Z','2026-02-03T08:00:00Z','0123456789abcdef',0,'x86_64 / Some CPU / 2 cores','bench/results/compile_progress/20260203T080000Z');
CREATE TABLE cells (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    workload TEXT NOT NULL,
    program TEXT NOT NULL,
    engine TEXT NOT NULL,           -- the toolchain's name, or that of its second measurement
    toolchain_identity TEXT NOT NULL,
    profile TEXT NOT NULL,
    target TEXT NOT NULL,
    machine_class TEXT NOT NULL,
    metric TEXT NOT NULL,
    status TEXT NOT NULL,
    ratio REAL, low REAL, high REAL,  -- reference over engine: above 1 is better
    median REAL, p95 REAL, n INTEGER,
    PRIMARY KEY (run, program, engine, metric)
) STRICT, WITHOUT ROWID;
INSERT INTO "cells" VALUES('toys_native/20260201T080000Z','toys','tidy','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','cpu_s','ok',NULL,NULL,NULL,0.2,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260201T080000Z','toys','tidy','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','peak_memory_bytes','ok',NULL,NULL,NULL,10000000.0,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260201T080000Z','toys','tidy','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','wall_s','ok',NULL,NULL,NULL,0.2,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260201T080000Z','toys','tidy','toy','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','wall_s','differs',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "cells" VALUES('toys_native/20260201T080000Z','toys','work','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','cpu_s','ok',NULL,NULL,NULL,0.2,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260201T080000Z','toys','work','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','peak_memory_bytes','ok',NULL,NULL,NULL,10000000.0,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260201T080000Z','toys','work','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','wall_s','ok',NULL,NULL,NULL,0.2,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260201T080000Z','toys','work','toy','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','cpu_s','ok',2.0,1.9,2.1,0.1,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260201T080000Z','toys','work','toy','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','peak_memory_bytes','ok',2.0,1.9,2.1,10000000.0,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260201T080000Z','toys','work','toy','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','wall_s','ok',2.0,1.9,2.1,0.1,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','tidy','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','cpu_s','ok',NULL,NULL,NULL,0.2,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','tidy','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','peak_memory_bytes','ok',NULL,NULL,NULL,10000000.0,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','tidy','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','wall_s','ok',NULL,NULL,NULL,0.2,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','tidy','toy','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','cpu_s','ok',2.0,1.9,2.1,0.1,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','tidy','toy','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','peak_memory_bytes','ok',2.0,1.9,2.1,10000000.0,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','tidy','toy','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','wall_s','ok',2.0,1.9,2.1,0.1,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','work','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','cpu_s','ok',NULL,NULL,NULL,0.2,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','work','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','peak_memory_bytes','ok',NULL,NULL,NULL,10000000.0,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','work','cpython','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','wall_s','ok',NULL,NULL,NULL,0.2,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','work','toy','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','cpu_s','ok',2.0,1.9,2.1,0.1,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','work','toy','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','peak_memory_bytes','ok',2.0,1.9,2.1,10000000.0,NULL,8);
INSERT INTO "cells" VALUES('toys_native/20260202T080000Z','toys','work','toy','xxh3:0123','release','native','x86_64 / Some CPU / 2 cores','wall_s','ok',2.0,1.9,2.1,0.1,NULL,8);
CREATE TABLE runs (
    id TEXT PRIMARY KEY,            -- LANE/TIMESTAMP
    started TEXT NOT NULL,          -- UTC, ISO 8601
    lane TEXT NOT NULL,
    git_commit TEXT,
    git_is_dirty INTEGER,
    machine_class TEXT NOT NULL,
    reference TEXT NOT NULL,
    reference_identity TEXT NOT NULL,
    is_quick INTEGER NOT NULL,
    is_interrupted INTEGER NOT NULL,
    environment TEXT NOT NULL,      -- JSON
    result TEXT NOT NULL            -- path of its folder, relative to the project
) STRICT;
INSERT INTO "runs" VALUES('toys_native/20260201T080000Z','2026-02-01T08:00:00Z','toys_native',NULL,NULL,'x86_64 / Some CPU / 2 cores','cpython','xxh3:0123',0,0,'{"machine_class": "x86_64 / Some CPU / 2 cores", "system": "Linux", "kernel": "6.1", "architecture": "x86_64", "cpu_model": "Some CPU", "cores": 2, "allowed_cores": 2, "governor": null, "turbo": null, "virtualization": null, "load_average": [0.1, 0.2, 0.3], "memory_total_bytes": 8000000000, "memory_available_bytes": 7000000000, "cgroup_cpu_limit": null, "cgroup_memory_limit_bytes": null, "python": "CPython 3.11.7", "git_commit": null, "git_is_dirty": null}','bench/results/toys_native/20260201T080000Z');
INSERT INTO "runs" VALUES('toys_native/20260202T080000Z','2026-02-02T08:00:00Z','toys_native','0123abcd',1,'x86_64 / Some CPU / 2 cores','cpython','xxh3:0123',0,1,'{"machine_class": "x86_64 / Some CPU / 2 cores", "system": "Linux", "kernel": "6.1", "architecture": "x86_64", "cpu_model": "Some CPU", "cores": 2, "allowed_cores": 2, "governor": null, "turbo": null, "virtualization": null, "load_average": [0.1, 0.2, 0.3], "memory_total_bytes": 8000000000, "memory_available_bytes": 7000000000, "cgroup_cpu_limit": null, "cgroup_memory_limit_bytes": null, "python": "CPython 3.11.7", "git_commit": "0123abcd", "git_is_dirty": true}','bench/results/toys_native/20260202T080000Z');
CREATE INDEX cells_by_identity
    ON cells (program, workload, toolchain_identity, profile, target, machine_class, metric);
COMMIT;
PRAGMA user_version = 2 ;
