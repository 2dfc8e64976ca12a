#include "support/certificates.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace prx::test {

namespace {

constexpr const char* kNewKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";

}  // namespace

Certificates::Certificates() {
  std::string pattern = (std::filesystem::temp_directory_path() / "prx-ca-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed: " + pattern);
  folder_ = pattern;
  run(std::string("req -x509 -days 2 -subj /CN=prx-test-ca ") + kNewKey + "-keyout " +
      path("ca.key") + " -out " + path("ca.pem"));
  write("index.txt", "");
  write("serial", "01\n");
  write("ca.conf",
        "[ca]\ndefault_ca=x\n[x]\ndatabase=" + path("index.txt") + "\nserial=" + path("serial") +
            "\nnew_certs_dir=" + folder_.string() +
            "\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n");
}

Certificates::~Certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Certificates::ca_file() const { return path("ca.pem"); }

Certificates::Pair Certificates::issue(const std::string& subject_names, bool expired) {
  const std::string name = std::to_string(++count_);
  const Pair pair{path(name + ".pem"), path(name + ".key")};
  write(name + ".ext", "subjectAltName=" + subject_names + "\n");
  run(std::string("req -new -subj /CN=prx-test ") + kNewKey + "-keyout " + pair.key + " -out " +
      path(name + ".csr"));
  const std::string dates =
      expired ? "-startdate 20200101000000Z -enddate 20200102000000Z " : "-days 2 ";
  run("ca -batch -notext -config " + path("ca.conf") + " -cert " + path("ca.pem") + " -keyfile " +
      path("ca.key") + " " + dates + "-extfile " + path(name + ".ext") + " -in " +
      path(name + ".csr") + " -out " + pair.certificate);
  return pair;
}

Certificates::Pair Certificates::self_signed(const std::string& subject_names) {
  const std::string name = std::to_string(++count_);
  const Pair pair{path(name + ".pem"), path(name + ".key")};
  run(std::string("req -x509 -days 2 -subj /CN=prx-self ") + kNewKey + "-addext subjectAltName=" +
      subject_names + " -keyout " + pair.key + " -out " + pair.certificate);
  return pair;
}

void Certificates::run(const std::string& arguments) const {
  const std::string command = "openssl " + arguments + " >" + path("log") + " 2>&1 </dev/null";
  if (std::system(command.c_str()) == 0) return;
  std::ifstream log(path("log"));
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  throw std::runtime_error("openssl failed (Debian package openssl): " + arguments + "\n" + text);
}

std::string Certificates::path(const std::string& name) const { return (folder_ / name).string(); }

void Certificates::write(const std::string& name, const std::string& text) const {
  std::ofstream(folder_ / name) << text;
}

}  // namespace prx::test
