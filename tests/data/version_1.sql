-- A database that version 1.0 wrote.
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE `ack_queue_default` (
    _id INTEGER PRIMARY KEY AUTOINCREMENT,
    data BLOB, timestamp FLOAT, status INTEGER,
    key TEXT,
    due REAL NOT NULL DEFAULT 0,
    prio INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    interrupted INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    done_at REAL,
    version TEXT
);
INSERT INTO "ack_queue_default" VALUES(1,X'7B227363656E655F6964223A20312C20227570646174655F74797065223A20225363656E652E5570646174652E506F7374222C202264617461223A207B226669656C6473223A205B227469746C65222C202264617465225D7D2C2022656E7175657565645F6174223A20313830303030303030312E302C20226A6F625F6B6579223A20227363656E653A31227D',1800000001.0,5,'scene:1',0.0,0,0,0,NULL,1800000009.0,'');
INSERT INTO "ack_queue_default" VALUES(2,X'7B227363656E655F6964223A20322C20227570646174655F74797065223A20225363656E652E5570646174652E506F7374222C202264617461223A207B226669656C6473223A205B227469746C65222C202264617465225D7D2C2022656E7175657565645F6174223A20313830303030303030322E302C20226A6F625F6B6579223A20227363656E653A32227D',1800000002.0,1,'scene:2',1800000060.0,0,1,0,'Plex said no.',NULL,'');
INSERT INTO "ack_queue_default" VALUES(3,X'7B227363656E655F6964223A20332C20227570646174655F74797065223A20225363656E652E5570646174652E506F7374222C202264617461223A207B226669656C6473223A205B227469746C65222C202264617465225D7D2C2022656E7175657565645F6174223A20313830303030303030332E302C20226A6F625F6B6579223A20227363656E653A33227D',1800000003.0,0,'scene:3',0.0,0,0,0,NULL,NULL,'');
CREATE TABLE connection (
    id INTEGER PRIMARY KEY CHECK (id = 1), doc TEXT NOT NULL, seen_at REAL NOT NULL
);
INSERT INTO "connection" VALUES(1,'{"server_connection": {"Host": "nas", "Port": 9999}, "settings": null}',1800000000.0);
CREATE TABLE dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        scene_id INTEGER NOT NULL, job_key TEXT NOT NULL, job TEXT NOT NULL,
        reason TEXT NOT NULL, error_type TEXT NOT NULL, message TEXT NOT NULL,
        stack_trace TEXT NOT NULL, attempts INTEGER NOT NULL, evidence TEXT NOT NULL,
        enqueued_at REAL NOT NULL, failed_at REAL NOT NULL
    );
INSERT INTO "dead_letters" VALUES(1,9,'scene:9','{"scene_id": 9, "update_type": "hook", "data": {"fields": []}, "enqueued_at": 1800000000.0, "job_key": "scene:9"}','invalid','InvalidScene','No.','Traceback: no title.',1,'{"version": 1}',0.0,1800000000.0);
CREATE TABLE ledger (
        server TEXT NOT NULL, rating_key INTEGER NOT NULL, scene_id INTEGER NOT NULL,
        item_updated_at INTEGER NOT NULL, doc TEXT NOT NULL,
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID;
INSERT INTO "ledger" VALUES('server',1001,1,0,'{"version": 1, "server": "server", "rating_key": 1001, "section_id": 1, "scene_id": 1, "images": {}, "image_versions": {}, "fingerprint": "", "considered": "", "scene_updated_at": "", "item_updated_at": 0, "synced_at": 0.0, "file": "", "fields": {"title": {"written": "Title 1", "original": "its own title", "original_locked": true}, "summary": {"written": "words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words ", "original": ""}}}');
INSERT INTO "ledger" VALUES('server',1002,2,0,'{"version": 1, "server": "server", "rating_key": 1002, "section_id": 1, "scene_id": 2, "images": {}, "image_versions": {}, "fingerprint": "", "considered": "", "scene_updated_at": "", "item_updated_at": 0, "synced_at": 0.0, "file": "", "fields": {"title": {"written": "Title 2", "original": "its own title", "original_locked": true}, "summary": {"written": "words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words words ", "original": ""}}}');
CREATE TABLE notice (
    id INTEGER PRIMARY KEY CHECK (id = 1), sentence TEXT NOT NULL, said_at REAL NOT NULL DEFAULT 0
);
INSERT INTO "notice" VALUES(1,'Plex refuses the token.',0.0);
CREATE TABLE parked_names (
        name_key TEXT NOT NULL, scene_id INTEGER NOT NULL, PRIMARY KEY (name_key, scene_id)
    ) WITHOUT ROWID;
INSERT INTO "parked_names" VALUES('harbour.mp4',4);
CREATE TABLE plex_files (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        server TEXT NOT NULL, rating_key INTEGER NOT NULL, section_id INTEGER NOT NULL,
        kind TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, duration INTEGER NOT NULL,
        title TEXT NOT NULL, year INTEGER NOT NULL,
        added_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        name_key TEXT NOT NULL, path_key TEXT NOT NULL, mark INTEGER NOT NULL,
        UNIQUE (server, rating_key, file)
    );
CREATE TABLE plex_sections (
        server TEXT NOT NULL, section_id INTEGER NOT NULL, content_changed_at INTEGER NOT NULL,
        watermark INTEGER NOT NULL, listed_at REAL NOT NULL, refreshed_at REAL NOT NULL,
        PRIMARY KEY (server, section_id)
    ) WITHOUT ROWID;
CREATE TABLE scenes (
        scene_id INTEGER PRIMARY KEY,
        outcome TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '{"version": 1}',
        scene_updated_at TEXT NOT NULL DEFAULT '', changed_at REAL NOT NULL DEFAULT 0,
        pinned_server TEXT, pinned_item INTEGER, ignored INTEGER NOT NULL DEFAULT 0,
        related TEXT NOT NULL DEFAULT ''
    );
INSERT INTO "scenes" VALUES(1,'synced','{"writes": 1, "version": 1}','2026-11-21',1800000000.0,NULL,NULL,0,'');
INSERT INTO "scenes" VALUES(2,'synced','{"writes": 1, "version": 1}','2026-11-21',1800000000.0,NULL,NULL,0,'');
INSERT INTO "scenes" VALUES(4,'not_in_plex','{"version": 1}','2026-11-21',1800000000.0,NULL,NULL,0,'');
INSERT INTO "scenes" VALUES(7,'','{"version": 1}','',0.0,'server',1007,0,'');
INSERT INTO "scenes" VALUES(8,'','{"version": 1}','',0.0,NULL,NULL,1,'');
CREATE TABLE state (name TEXT PRIMARY KEY, doc TEXT NOT NULL);
INSERT INTO "state" VALUES('sweep','{"version": 1, "at": 1800000000.0, "baseline": 5.0}');
INSERT INTO "state" VALUES('wrong_settings','{"version": 1, "problems": ["x"]}');
INSERT INTO "state" VALUES('runs','{"version": 1, "runs": [{"task": "Sync All Scenes", "at": 1800000000.0, "done": 2, "left": 1, "problems": 0}]}');
CREATE UNIQUE INDEX job_waiting ON ack_queue_default(key) WHERE status < 2;
CREATE INDEX job_order ON ack_queue_default(prio DESC, due, _id) WHERE status < 2;
CREATE INDEX job_due ON ack_queue_default(due) WHERE status < 2;
CREATE INDEX job_status ON ack_queue_default(status);
CREATE INDEX dead_letter_key ON dead_letters(job_key);
CREATE INDEX dead_letter_time ON dead_letters(failed_at);
CREATE INDEX ledger_scene ON ledger(scene_id, server);
CREATE INDEX ledger_unread ON ledger(server) WHERE item_updated_at = 0;
CREATE INDEX scene_outcome ON scenes(outcome);
CREATE INDEX parked_scene ON parked_names(scene_id);
CREATE INDEX plex_file_name ON plex_files(server, name_key);
CREATE INDEX plex_file_path ON plex_files(server, path_key);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('ack_queue_default',3);
INSERT INTO "sqlite_sequence" VALUES('dead_letters',1);
COMMIT;
