-- One errand to run later. A finished job is deleted; a dead one waits for a person.
CREATE TABLE job (
    tenant_id  BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    kind       TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    state      TEXT    NOT NULL,            -- waiting | running | dead
    due_at_ms  BIGINT  NOT NULL,            -- waiting: when to run; running: when the lease ends
    dedupe     TEXT,
    attempt    BIGINT  NOT NULL,
    epoch      BIGINT  NOT NULL,            -- grows with every claim; only its holder may record a result
    worker     TEXT,
    note       TEXT,                        -- why the last attempt failed
    made_at_ms BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX job_due ON job (due_at_ms, id) WHERE state <> 'dead';
-- The same errand waits once. A running one does not count: it may have read the truth already.
CREATE UNIQUE INDEX job_waiting ON job (tenant_id, kind, dedupe) WHERE state = 'waiting';
