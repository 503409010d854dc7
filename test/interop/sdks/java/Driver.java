// Deletes one tag a line of standard input with the vendor's Java SDK, and writes what came of it, one JSON a line.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import com.huaweicloud.sdk.core.http.HttpConfig;
import com.huaweicloud.sdk.swr.v2.SwrClient;
import com.huaweicloud.sdk.swr.v2.model.DeleteRepoTagRequest;
import com.huaweicloud.sdk.swr.v2.model.DeleteRepoTagResponse;
import java.io.BufferedReader;
import java.io.InputStreamReader;

public class Driver {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      System.out.println(JSON.writeValueAsString(resultOf(JSON.readTree(line))));
    }
    System.exit(0);
  }

  private static ObjectNode resultOf(JsonNode scenario) {
    ObjectNode result = JSON.createObjectNode();
    if (scenario.has("retries")) return result.put("exception", "NoSuchSetting");
    try {
      return result.put("status", call(scenario).getHttpStatusCode());
    } catch (ServiceResponseException error) {
      result.put("exception", error.getClass().getSimpleName()).put("status", error.getHttpStatusCode());
      result.put("code", error.getErrorCode()).put("message", error.getErrorMsg());
      return result.put("requestId", error.getRequestId());
    } catch (NoSuchMethodException error) {
      return result.put("exception", "NoSuchSetting");
    } catch (Exception error) {
      return result.put("exception", error.getClass().getSimpleName()).put("message", error.getMessage());
    }
  }

  private static DeleteRepoTagResponse call(JsonNode scenario) throws Exception {
    BasicCredentials credentials = new BasicCredentials()
        .withAk(scenario.get("accessKey").asText()).withSk(scenario.get("secretKey").asText());
    if (scenario.has("projectId")) credentials.withProjectId(scenario.get("projectId").asText());
    if (scenario.has("securityToken")) credentials.withSecurityToken(scenario.get("securityToken").asText());
    HttpConfig config = HttpConfig.getDefaultHttpConfig();
    if (scenario.has("timeoutSeconds")) {
      HttpConfig.class.getMethod("withReadTimeout", int.class).invoke(config, scenario.get("timeoutSeconds").asInt());
    }
    SwrClient client = SwrClient.newBuilder().withHttpConfig(config).withCredential(credentials)
        .withEndpoint(scenario.get("endpoint").asText()).build();
    DeleteRepoTagRequest request = new DeleteRepoTagRequest().withNamespace(scenario.get("namespace").asText())
        .withRepository(scenario.get("repository").asText()).withTag(scenario.get("tag").asText());
    if (!scenario.has("callRetries")) return client.deleteRepoTag(request);
    return client.deleteRepoTagInvoker(request).retryTimes(scenario.get("callRetries").asInt())
        .retryCondition((response, error) -> error != null).invoke();
  }
}
