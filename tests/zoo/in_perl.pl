# Good, and not written in Python: speaks the notify protocol in Perl. Its third argument is a vice: `dies` in its handler.
use strict;
use warnings;
use IO::Handle;
use Socket qw(AF_UNIX SOCK_DGRAM SOCK_STREAM pack_sockaddr_un);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($log_file, $venue, $vice) = @ARGV;
my @names = qw(started configured connected prepared looping message judged acted);
my @lines = ('starting', 'config', 'connected to', 'prepared', 'loop runs', 'message:', 'judged:', 'acted:');
my $seq = 0;
open my $log, '>>', $log_file or die "$log_file: $!";
$log->autoflush(1);
socket my $observer, AF_UNIX, SOCK_DGRAM, 0 or die "socket: $!";
connect $observer, pack_sockaddr_un($ENV{NOTIFY_SOCKET}) or die "$ENV{NOTIFY_SOCKET}: $!";

sub say_raw { defined send($observer, $_[0], 0) or die "send: $!" }

sub say_fields { $seq++; say_raw("$_[0]\nX_SEQ=$seq\n") }

sub reached {
    my ($n, $detail) = @_;
    my $now_ns = int(clock_gettime(CLOCK_MONOTONIC) * 1e9);
    print {$log} "2026-01-02 03:04:05.678 INFO $lines[$n - 1]\n";
    $seq++;
    say_raw(qq(X_CHECKPOINT={"n":$n,"name":"$names[$n - 1]","of":8,"t_ns":$now_ns,"run":"$$","seq":$seq,"detail":{$detail}}));
}

sub order {
    socket my $line, AF_UNIX, SOCK_STREAM, 0 or die "socket: $!";
    connect $line, pack_sockaddr_un($venue) or die "$venue: $!";
    $line->autoflush(1);
    print {$line} qq({"origin":"manager","status":"filled"}\n);
    scalar <$line>;
}

reached(1, '');
reached(2, '');
reached(3, '');
reached(4, '"rules":["alpha","beta"]');
reached(5, '');
say_fields('READY=1');
reached(6, '"event":"tick"');
die "price of 'nan'\n" if defined $vice && $vice eq 'dies';
reached(7, qq("rule":"$_","result":"fine")) for qw(alpha beta);
reached(8, '"phase":"triggered"');
order();
reached(8, '"phase":"confirmed"');
$SIG{TERM} = sub { exit 0 };
sleep 1 while 1;
