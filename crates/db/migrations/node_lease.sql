-- Which process makes ids with which node number. Times are the server's, not ours.
CREATE TABLE node_lease (
    node        BIGINT  NOT NULL PRIMARY KEY,
    holder      TEXT    NOT NULL,
    until_at_ms BIGINT  NOT NULL
);
