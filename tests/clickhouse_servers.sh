# SPDX-License-Identifier: BSD-2-Clause
# Two ClickHouse servers of Debian on loopback, for tests and benches. Sourced; needs $tmp.
# ch_start N starts shard N (1 or 2), ch_pid_N is its process; $ch_url names both.
ch_base=$((21000 + $$ % 9000))
ch_http_1=$ch_base ch_http_2=$((ch_base + 1)) ch_tcp_1=$((ch_base + 2)) ch_tcp_2=$((ch_base + 3))
ch_url="clickhouse://127.0.0.1:$ch_http_1,127.0.0.1:$ch_http_2/default?cluster=obs"
ch_pid_1= ch_pid_2=
ch_start() {
	n=$1 d=$tmp/ch$1
	eval "http=\$ch_http_$n tcp=\$ch_tcp_$n"
	mkdir -p "$d/data" "$d/tmp" "$d/files" "$d/fs" "$d/log"
	cat >"$d/users.xml" <<X
<?xml version="1.0"?><yandex><profiles><default><max_memory_usage>4000000000</max_memory_usage></default></profiles>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
<quotas><default><interval><duration>3600</duration><queries>0</queries><errors>0</errors><result_rows>0</result_rows><read_rows>0</read_rows><execution_time>0</execution_time></interval></default></quotas></yandex>
X
	cat >"$d/config.xml" <<X
<?xml version="1.0"?><yandex>
<logger><level>warning</level><log>$d/log/server.log</log><errorlog>$d/log/err.log</errorlog></logger>
<http_port>$http</http_port><tcp_port>$tcp</tcp_port><listen_host>127.0.0.1</listen_host>
<path>$d/data/</path><tmp_path>$d/tmp/</tmp_path><user_files_path>$d/files/</user_files_path><format_schema_path>$d/fs/</format_schema_path>
<users_config>users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>268435456</mark_cache_size><mlock_executable>false</mlock_executable>
<remote_servers><obs><shard><replica><host>127.0.0.1</host><port>$ch_tcp_1</port></replica></shard>
<shard><replica><host>127.0.0.1</host><port>$ch_tcp_2</port></replica></shard></obs></remote_servers></yandex>
X
	clickhouse-server --config-file="$d/config.xml" >"$d/out" 2>&1 &
	eval "ch_pid_$n=$!"
	i=0
	until curl -s "http://127.0.0.1:$http/ping" | grep -q Ok; do
		i=$((i + 1))
		[ $i -lt 300 ] || { tail -n 5 "$d/log/err.log" "$d/out"; return 1; }
		sleep 0.2
	done
}
ch_ask() { curl -sS "http://127.0.0.1:$ch_http_1/" --data-binary "$1"; }
